"""The officer's live desk 竞价现场: what runs, what needs a look, what may be done about it."""
