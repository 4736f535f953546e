"""What every family uses: commands, grammar, values, access, views, notices, errors."""
