"""Kinds of task: what a job file may say of each, and where its work is found."""
