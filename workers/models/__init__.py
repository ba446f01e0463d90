"""The pre-trained model of a job: found, loaded, checked, frozen."""
