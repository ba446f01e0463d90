"""From the records of a job to what people take home: a pick, a picture, an adapter."""
