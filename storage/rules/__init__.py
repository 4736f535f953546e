"""Rules a lawyer could read: working days, deadlines, reminders, files, the life cycle. No chat, and no SQL."""
