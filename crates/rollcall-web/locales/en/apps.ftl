# apps
