"""What only the demo has: a page with the emails that it sent. ``manage.py demo`` runs the site with these settings."""
