"""``python -m docplatform.cli``."""

from docplatform.cli import main

if __name__ == "__main__":
    main()
