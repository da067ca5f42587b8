"""Find out whether a module is fit to give to students, by running its editions and wrong versions of them."""
