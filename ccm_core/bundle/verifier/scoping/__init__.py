"""The scopes of frameworks in a package: which rows they leave out, and what is concluded of it."""
