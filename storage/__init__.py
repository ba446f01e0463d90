"""The only code that opens a database: schema, store, migrations, records. Imports no torch."""
