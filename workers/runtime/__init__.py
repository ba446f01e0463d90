"""What a process runs on: devices, memory, random streams, quiet libraries."""
