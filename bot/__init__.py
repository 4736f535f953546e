"""The process: chat platforms, rendering, delivery, the command line. It holds no business rule.

    cli/         `python -m bot`: run, migrate, tick, verify, import, export
    adapters/    one chat platform each: terminal, Slack, Telegram; `contract.py` is what all of them speak
    inbound/     a message becomes one turn in one transaction: dispatch, answers, forms, rate limits
    outbound/    outbox rows are sent: delivery, retries, pacing; files that people sent are fetched
    rendering/   a notice becomes blocks: templates, Markdown, dates in the reader's zone, splitting
    ticking/     what time alone triggers: the scheduler and its one job
    health/      the HTTP port: alive, well, metrics
    app.py wires these together, process.py runs them, settings.py reads the environment, logs.py writes the log.
"A button does nothing": `adapters/`. "Wrong wording": `templates/messages/`. "Which variable?": `settings.py`.
"""

__version__ = "0.1.0"
