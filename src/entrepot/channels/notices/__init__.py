"""The door where channels tell us things: verified, written down, answered at once, and worked upon later."""
