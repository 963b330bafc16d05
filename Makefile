PYTHON ?= python3

.PHONY: demo test lives coverage mutants faults lint bench journey lock help

help:
	@$(PYTHON) boot.py help
demo:
	@$(PYTHON) boot.py demo
test:
	@$(PYTHON) boot.py test
lives:
	@$(PYTHON) boot.py test -m long
coverage:
	@$(PYTHON) boot.py coverage
mutants:
	@$(PYTHON) boot.py mutants
faults:
	@$(PYTHON) boot.py faults $(if $(ONLY),--only $(ONLY))
lint:
	@$(PYTHON) boot.py lint
bench:
	@$(PYTHON) boot.py bench $(if $(ONLY),--only $(ONLY))
journey:
	@$(PYTHON) boot.py journey $(if $(OUT),--out "$(OUT)")
lock:
	@$(PYTHON) boot.py lock
