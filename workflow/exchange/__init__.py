"""Versioned rows in an Excel file: export, edit offline, import with a preview of every change and conflict.

The workbook has a sheet to edit, a sheet "About" and a hidden sheet with the version and the cells of each row as
exported. What a person changed is what differs between the first and the last, so nothing changes by itself, whatever
the program that saved the file does to texts. A change is checked by the form of the row and saved as on its page.
"""
