"""Watch: what the witnesses say of a notebook, the verdict, and the duties it calls for."""
