"""The widgets: they paint the state and pass events to it. The only place that knows Qt."""
