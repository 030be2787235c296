"""curl for pods that can pull no image: its options for tests and debugging, its messages, its exit codes.

It starts in a few hundredths of a second because it imports next to nothing, and nothing of shipway: it runs
from an image of its own. Plain HTTP only. Source: https://curl.se/docs/manpage.html
"""
