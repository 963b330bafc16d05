"""Whether the hall could be reached 运行记录: measured from outside, told for each lot."""
