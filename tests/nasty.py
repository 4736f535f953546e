"""What people type that some machine takes for more than text: mentions, links, markup, templates, hidden signs."""

NASTY = [
    *("<!channel>", "<!here>", "<!everyone>", "<!subteam^S1>", "<@U1>", "<@U1|bob>", "<#C1>", "@channel", "@here"),
    *("<https://evil.example>", "<https://evil.example|bank>", "https://evil.example", "http://evil.example/?a=<b>"),
    *("<mailto:a@b.example|x>", "<javascript:alert(1)|x>", "javascript:alert(1)", "data:text/html,x", "<tel:1|x>"),
    *("*bold*", "_it_", "~no~", "`code`", "```fence```", "> quote", "&gt; quote", "1. one", "- item", "# title"),
    *(":smile:", ":+1:", "{{7*7}}", "{% x %}", "'; DROP TABLE x", "=cmd()", "<b>x</b>", "<script>x</script>"),
    *("&lt;!channel&gt;", "&amp;lt;!channel&amp;gt;", "<!channel", "!channel>", "<<!channel>>", "< !channel>"),
    *("<!date^1^{date}^https://evil.example|x>", "a|b|c", "|---|", "\\<!channel\\>", "<!channel|label>"),
    *("\u202e<!channel>", "<\u200b!channel>", "<!chan\u200bnel>", "\ufeff", "\x00<!here>", "\ud800<!here>"),
    *("<!channel>\n<!here>", "\r\n<!here>", "\t<!here>", " ", "", "\u00a0", "🧑‍💻 <!here>", "﷽" * 40, "a" * 400),
    *("@alice_x", "officer@agency.example", "evil.example", "evil.example:8080/x?y", "198.51.100.7", "198.51.100.7/x"),
    *(
        "tg://user?id=1001",
        "t.me/joinchat/x",
        "пример.рф",
        "xn--e1afmkfd.xn--p1ai",
        "facebook.com/a.page",
        "@a@b.example",
    ),
    *("<@W1>", "<!group>", "<slack://open|x>", "[x](https://evil.example)", "![x](https://evil.example/p.png)"),
]
