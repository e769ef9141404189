"""All that a plugin may import of the host.

``hookspecs`` (the hooks and their marker), ``types`` (what is offered and handed over),
``secret``, ``http`` (reading a source), ``paging``, ``limits``, ``time``, ``errors``, ``json``.
"""
