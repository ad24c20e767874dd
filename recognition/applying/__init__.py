"""The applicant's pages: fill in, submit and follow an application. Also the entry of paper applications."""
