"""The programs that shipway drives: where helm and kubectl come from, and proof that they are what they should be."""
