"""Health over HTTP for a supervisor: is the process alive, is the desk well, its metrics; and the port they are on."""
