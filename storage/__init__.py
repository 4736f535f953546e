"""The record: database, rules and queries. It knows no chat platform and no text. SQL is spoken here only.

database/     engine, store, transactions (unit of work), the lease that says which process ticks
models/       the tables; migrations/ changes them
rules/        what a lawyer could read: working days, deadlines, reminders, the life cycle of a request
reference/    instruments, authorities, papers, reasons, ladders, services, each row with its source
exposure/     who sees which record, as SQL; TLP labels; the most restrictive label that a place shows
record/       queries: fetch, list, count, add
search/       the index over cases, and what is found by it
messages/     inbox, outbox, sending, recipients, cards, dead letters, heartbeats, retention
reminders/    which clocks ring, who hears it, digests
history/      the audit chain
"""
