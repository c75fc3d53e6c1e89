"""Writes split-golden.json: texts cut by the regular expressions of published byte-level tokenizers.

Made with the package "regex" of Python. Run: python3 generate-split-golden.py > split-golden.json
"""
import json
import random
import unicodedata

import regex

NEWER = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}%s| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
PATTERNS = {
    "gpt2": r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+",
    "gpt2-grouped": r"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+",
    "llama3": NEWER % "{1,3}",
    "cl100k": r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+",
    "qwen2": NEWER % "",
}

random.seed(7)
SPACES = " \t\n\r\x0b\x0c\x85\xa0\u2003\u2028\u3000"
PIECES = [" ", " ", "\n", "\r\n", "'s", "'S", "'t", "'re", "'RE", "'ve", "'m", "'ll", "'Ll", "'d", "'", "\u017f", "'\u017f", "x", "I", "word", "12", "34567", "\u00b2\u00bd",
          "\u0667", "!", "?!", "...", "_", "-", "\u00e9", "e\u0301", "\u4e2d\u6587", "\U0001f600", "\U00020000", "\U0001d400", "\U0001d7ce", "\u200b", "\x00", "\u2163", "\u0e01\u0e33"]


def character():
    while True:
        c = chr(random.randrange(0x30000))
        if unicodedata.category(c) not in ("Cs", "Cn"):
            return c


texts = []
for _ in range(150):
    text = ""
    for _ in range(random.randrange(1, 14)):
        kind = random.random()
        text += random.choice(PIECES) if kind < 0.65 else random.choice(SPACES) * random.randrange(1, 4) if kind < 0.9 else character()
    texts.append(text)

print(json.dumps([{"name": name, "pattern": pattern, "splits": [[m.group() for m in regex.finditer(pattern, text)] for text in texts]}
                  for name, pattern in PATTERNS.items()]).replace('}, {', '},\n{'))
