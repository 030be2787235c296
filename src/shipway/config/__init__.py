"""The release definition: shipway.yaml as a frozen Project."""
