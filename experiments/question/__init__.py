"""What is asked, loaded and checked before anything runs: cases, comparisons, designs and their points."""
