"""What single techniques do between the steps of a training: drop and grow, cut ranks, balance."""
