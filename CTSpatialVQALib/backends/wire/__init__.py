"""How is a model server spoken to? One exchange over HTTP, and everything that can become of it."""
