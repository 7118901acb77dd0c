"""The rules that every installation starts with, by who sends the bill."""
