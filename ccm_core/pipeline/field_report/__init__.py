"""The field report: what a connection showed, without a name, an id or a secret of the account."""
