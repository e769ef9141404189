"""The same data as JSON, for programs: the documents of the command line under ``/api/v1``."""
