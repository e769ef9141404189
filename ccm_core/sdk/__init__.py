"""All that a plugin may import of the host.

``hookspecs`` has the hooks and their marker, ``types`` everything that is offered and handed over,
``http`` and ``paging`` read a source. ``docs/reference/hooks.md`` lists all modules.
"""
