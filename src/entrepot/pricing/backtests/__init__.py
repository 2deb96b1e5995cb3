"""Rules tried on recorded history, before they touch a real price."""
