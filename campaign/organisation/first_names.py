"""First names that are common in Europe and around it, folded: who types one may have given their own name."""

from __future__ import annotations

FIRST_NAMES = frozenset(
    """
    aaron abdel abdou adam adele adrian adrien agathe agnes agnieszka ahmed aicha aida aime aimee alain
    alan alban albert alberto alejandro alessandra alessandro alex alexandra alexandre alexia alexis
    alfred ali alice alicia alina aline alison alix amanda amandine amelie amina aminata amine amir ana
    anais anastasia andre andrea andreas andrew angela angele angelique anita anja ann anna annabelle
    anne annette annick annie anouk anselme anthony antoine antoinette antonia antonio ariane arianna
    arlette armand armelle arnaud arthur astrid aude audrey augustin aurelie aurelien axel axelle aya
    baptiste barbara bastien beatrice beatriz ben benedicte benjamin benoit berengere bernadette bernard
    bertrand bettina birgit bjorn blandine boris brahim brice brigitte bruno camila camille candice
    carine carl carla carlos carmen carole carolina caroline catalina catherine cecile cedric celia
    celine chantal charlene charles charlie charlotte chiara chloe chris christa christel christelle
    christian christiane christina christine christoph christophe christopher claire clara clarisse
    claude claudette claudia claudine claudio clea clement clementine cleo colette colin coralie
    corentin corinne cyril cyrille dagmar damien daniel daniela daniele danielle danny daphne david
    deborah delphine denis denise diana didier diego dieter dimitri djamel dominique donatien doris
    dorothee dylan edith edouard eduardo edwige elena eleonore eliane elias elif elisa elisabeth elise
    elizabeth ella elodie eloise elsa elvire emanuele emil emile emilie emily emma emmanuel emmanuelle
    enzo eric erica erik erika ernesto erwan esteban estelle esther ethan etienne eugene eugenie eva eve
    eveline evelyne ewa ewen fabian fabien fabienne fabio fabrice fadila fanny fares farid fatih fatima
    fatma fatou fatoumata federico felicie felix ferdinand fernand fernando filip fiona flavie florence
    florent florian floriane francesca francesco francine francis francisco franck francois francoise
    frank frederic frederik frederique fritz gabriel gabriela gabriele gabrielle gael gaelle gaetan
    garance gaspard gaston gautier genevieve geoffrey george georges georgette gerald geraldine gerard
    gerhard germain ghislain ghislaine gianni gilbert gilles gina giorgio giovanni gisele giulia giulio
    giuseppe gonzague gordon graham gregoire gregory greta guido guillaume guillemette gunther gustave
    guy gwen gwenael gwenaelle gwenola habib hakim halima hamid hamza hannah hans harald harry hassan
    heidi heike heinz helena helene helga helmut henri henriette henry herbert hermann herve hicham
    hilda horst houria hubert hugo hugues ian ibrahim ida igor ilan ilse imane ines inga ingrid irene
    irina isa isaac isabel isabella isabelle isidore ismael ivan ivana jack jacob jacqueline jacques
    jakob james jamila jan jana jane janine jasmine jason javier jean jeanine jeanne jeff jennifer jens
    jeremie jeremy jerome jessica jesus jim joachim joan joana joanna joao joaquin jocelyn jocelyne joe
    joel joelle johan johann johanna johannes john jonas jonathan jordan jorg jorge jose josefa joseph
    josephine josette joshua josiane josue judith jules julia julian juliana julie julien juliette julio
    jurgen justin justine kamel karim karima karin karine karl katarina katharina kathleen katia katja
    katrin kelly kevin khadija khaled kilian killian klaus koen konrad kristina kurt laetitia laila lara
    lars latifa laura laure lauren laurence laurent laurie lea leandre leila lena leo leon leona leonard
    leonie leonor leopold leslie lila liliane lina linda lionel lisa lise livia loic lola lorenzo lotte
    lou louis louisa louise louna luc luca lucas luce lucia lucie lucien lucienne lucile ludivine
    ludovic luigi luis luisa luka lukas lydia lydie madeleine mael maelle maelys magali maite malik
    malika mamadou manfred manon manuel manuela marc marcel marcelle marco marcos margaux margot
    marguerite maria mariam marianne marie mariette marilyn marina marine mario marion marius mark
    markus marta marthe martin martina martine mary maryam maryline maryse mathew mathias mathieu
    mathilde mathis matilda matteo matthew matthias matthieu maud maurice mauricette maxence maxime maya
    mehdi melanie melina melissa meriem michael michel michele micheline michelle miguel mike mila milan
    mireille miriam mohamed mohammed moise monika monique morgan morgane mouna mourad moussa muriel
    mustapha myriam nabil nadege nadia nadine nael naima nancy naomi nassim natacha natalia natasha
    nathalie nathan nathanael neil nelly nicolas nicole niels nikola nikolaus nils nina nino noa noah
    noam noe noel noelie noelle noemie nolan nora norbert norma nour oceane octave odette odile olaf
    olena olga oliver olivia olivier omar ondine oriane orlane oscar otto pablo paola paolo pascal
    pascale pascaline patrice patricia patrick paul paula paule pauline pedro penelope perrine peter
    petra philip philippe philippine pierre pierrette pierrick pietro pilar quentin rachel rachid rafael
    rainer ralf ralph ramon raoul raphael raphaelle raul raymond raymonde rebecca regine regis reinhard
    remi remy renate renaud rene renee riccardo richard rita robert roberto robin rocio rodolphe
    rodrigue roger roland rolf romain romane romeo romuald rosa rosalie rosario roseline roxane ruben
    rudolf ruth ryan sabah sabine sabrina sacha said salim salima salome salomon salvador sam samantha
    samia samir samira samuel sana sandra sandrine sara sarah saskia sean sebastian sebastien selim
    selma serena serge sergio severine sharon sibylle sidonie siegfried sigrid silvia simon simone sofia
    sofiane solange solene soline sonia sophia sophie soraya stefan stefania stefano steffen stella
    stephan stephane stephanie stephen steve steven sullivan susan susana susanne suzanne sven svetlana
    swann sybille sylvain sylvaine sylvestre sylviane sylvie tamara tanguy tania tarek tatiana teresa
    tess thea theo theodore theophile therese thibaud thibault thibaut thierry thomas tiago tim timothee
    timothy titouan tobias tom tomas toni tristan ugo ulrich ulrike ursula ute uwe valentin valentina
    valentine valeria valerie valery vanessa vera vernon veronique vicente victor victoria viktor
    vincent vincenzo virginia virginie viviane vladimir walid walter wanda werner wilfried wilhelm
    william willy wim wolfgang xavier yael yanis yann yannick yasmine yassine yohan yolande youri
    youssef yusuf yvan yves yvette yvon yvonne zacharie zahra zelie zineb zoe zohra zora
    """.split()
)
"""What may begin a person's name. Only a reason to ask: "Rosa Bonheur" is a bar as well."""

TITLES = frozenset(
    """
    m mr mrs ms mme mlle monsieur madame mademoiselle dr docteur doctor pr prof professeur professor
    maitre me herr frau sr sra senor senora sig signor signora dhr mevr
    """.split()
)
"""What stands before a person's name, folded."""
