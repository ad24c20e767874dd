"""What a utility does: training, communication, documents, emergencies and operational controls."""
