"""A policy's offer tried on some households before it is given to all: what a randomised trial of it would find."""
