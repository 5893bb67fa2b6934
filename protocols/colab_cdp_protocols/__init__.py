"""What is said: CDP, MQTT and Jupyter values, with no I/O."""
