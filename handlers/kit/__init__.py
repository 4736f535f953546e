"""What every family of commands uses: turn, access, views, notices, errors, opening, the two-person rule."""
