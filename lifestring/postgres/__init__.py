"""Django's PostgreSQL backend as this project needs it; named in settings.py, DATABASES."""
