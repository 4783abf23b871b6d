"""What can be said of a network once it is lowered. One lint a file."""
