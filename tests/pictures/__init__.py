"""Pictures of what people see on a phone, to be looked at: `python -m tests.pictures FOLDER`."""
