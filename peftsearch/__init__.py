"""Find the best parameter-efficient fine-tuning configurations of a transformer for one task.

    import peftsearch

    job = peftsearch.search("job.toml")
    model = peftsearch.load_adapter("path/to/base-model", "adapter/")
"""
