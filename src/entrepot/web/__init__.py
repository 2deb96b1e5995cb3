"""Assembly: the application, sign-in pages, base templates and components, static files, problems, live updates."""
