"""The steps of the journey, one module a part of the road."""
