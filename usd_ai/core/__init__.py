"""The words and the story: values, errors, ports, plan and engine. Imports nothing else of ours."""
