# me
