"""An uploaded file: checked, kept, served to those who may. Who may is the owning room's question."""
