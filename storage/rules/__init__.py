"""The rules a lawyer could read: reference data, working days, clocks, the life cycle. Knows no table and no chat."""
