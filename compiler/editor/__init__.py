"""What an editor asks of a spec while it is being written, as functions of a text and a place."""
