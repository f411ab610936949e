"""What is received and held: reading, suppliers, imports, the lake, as-at selection and places."""
