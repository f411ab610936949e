"""The screens: thin, over verbs and findings. Every page passes the gate."""
